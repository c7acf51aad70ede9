// Put pages of the book, or all in the order of the sidebar, one after the other into this empty
// one. No script of theirs runs, so that everything is as it is without scripts: open.
async ({ pages, solutions }) => {
  const make = (name, properties, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };
  const read = async (page) => {
    const answer = await fetch(page);
    if (!answer.ok) throw new Error(`the book has no page ${page}`);
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  };
  const address = (text, page) => new URL(text, new URL(page, location));
  const pathOf = (url) => url.pathname.slice(1);
  const ids = new Map(); // a page to the id of its article
  const idOf = (page, id) => (id ? `${ids.get(page)}.${id}` : ids.get(page));

  // Which pages, in which order, and below which captions.
  const index = await read("index.html");
  const refresh = index.querySelector('meta[http-equiv="Refresh" i]')?.content;
  const start = refresh?.replace(/^.*url=/i, "") ?? "index.html";
  const home = await read(start);
  const sidebar = home.querySelector("nav.bd-links");
  const whole = !pages.length;
  if (whole) {
    const links = [...sidebar.querySelectorAll("a.reference.internal")];
    const paths = links.map((link) => pathOf(address(link.getAttribute("href"), start)));
    pages = [...new Set([start, ...paths])];
  }
  for (const page of pages) ids.set(page, page.replace(/\.html$/, "").replaceAll("/", "-"));

  const lead = (part, page) => {
    for (const link of part.querySelectorAll("a[href]")) {
      const url = address(link.getAttribute("href"), page);
      if (url.host !== location.host) continue;
      const id = idOf(pathOf(url), decodeURI(url.hash.slice(1)));
      if (ids.has(pathOf(url))) link.setAttribute("href", `#${id}`);
      else link.removeAttribute("href"); // what is not printed
    }
    for (const picture of part.querySelectorAll("img[src]")) {
      picture.loading = "eager";
      picture.src = address(picture.getAttribute("src"), page);
    }
  };

  const inside = make("div", { className: "bd-article-container" });
  const around = make("div", { className: "bd-content" }, inside);
  document.body.append(make("main", { className: "bd-main labkit-print" }, around));
  document.title = home.title;
  const contents = () => {
    const list = make("nav", { className: "labkit-contents" });
    list.append(make("h2", { textContent: "Contents" }));
    for (const part of sidebar.querySelectorAll("p.caption, p.caption + ul > li > a")) {
      const text = make(part.matches("a") ? "a" : "b", { textContent: part.textContent.trim() });
      if (part.matches("a")) text.href = part.getAttribute("href");
      list.append(make("p", {}, text));
    }
    return list;
  };

  const sheets = new Set();
  for (const page of pages) {
    const source = page === start ? home : await read(page);
    const article = source.querySelector("article.bd-article");
    for (const sheet of source.querySelectorAll("link[rel=stylesheet]")) {
      sheets.add(address(sheet.getAttribute("href"), page).href);
    }
    const dropped = `script, .headerlink, button, dialog${solutions ? "" : ", .solution"}`;
    for (const part of article.querySelectorAll(dropped)) part.remove();
    for (const fold of article.querySelectorAll("details")) fold.open = true;
    if (whole && page === start) article.append(contents());
    lead(article, page);
    for (const part of article.querySelectorAll("[id]")) {
      if (!part.closest("svg")) part.id = idOf(page, part.id);
    }
    article.id = idOf(page);
    inside.append(article);
  }

  const loaded = (element) => new Promise((resolve, reject) => {
    element.onload = resolve;
    element.onerror = () => reject(new Error(`the book has no ${element.href ?? element.src}`));
    document.head.append(element);
  });
  await Promise.all([...sheets].map((href) => loaded(make("link", { rel: "stylesheet", href }))));
  await document.fonts.ready;
  await Promise.all([...document.images].map((picture) => picture.decode().catch(() => {})));
}

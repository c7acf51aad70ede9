# The commands of the course; `make help` lists them. Without make: see book/setup.md.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help install lab doctor book pdf dist test check format lock serve release clean canary floor

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
STRICT := -W -n --keep-going -q
SMOKE := _build/smoke
# nbmake passes over folders named _build
COPIES := .smoke
# kernels that need not import all this again
WARM := $(BIN)/python .ci/warm.py labkit,tensorflow,keras,sklearn,pandas,scipy.stats,seaborn,ipykernel.kernelapp
# what is executed, by nbmake and by the book
NOTEBOOKS := $(wildcard labs/*.ipynb book/evidence/*.ipynb)
export TF_CPP_MIN_LOG_LEVEL ?= 3

# What writes into this folder is called again, under a lock: two at once take turns.
TURN = set -- $(MAKE) --no-print-directory $@; \
	for python in $(BIN)/python $(PYTHON); do \
	  if "$$python" -c 'import fcntl' 2> /dev/null; then set -- "$$python" .ci/turn.py "$$@"; break; fi; \
	done; LABKIT_TURN="$(CURDIR)" exec "$$@"

help:  ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

lab: install  ## write the students' notebooks into student/ and open JupyterLab there
	@$(BIN)/labkit notebooks --student --out student
	@$(BIN)/jupyter lab student

doctor:  ## say what is missing here for the labs, and what to type next
	@$(BIN)/python -c '' 2> /dev/null || { echo "No Python works in $(VENV). Type: rm -f $(STAMP); make install" >&2; exit 1; }
	@$(BIN)/python -m labkit.cli doctor

install: $(STAMP)  ## set up .venv with the exact versions of requirements.lock

ifneq ($(LABKIT_TURN),$(CURDIR))
$(STAMP): requirements.lock pyproject.toml
	+@$(TURN)
book pdf dist test clean:
	+@$(TURN)
else
$(STAMP): requirements.lock pyproject.toml
	@command -v $(PYTHON) > /dev/null || { echo "$(PYTHON) is missing: install Python 3.10 to 3.13, or name yours: make PYTHON=python3.12 install" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' || { echo "Python 3.10 to 3.13 is needed and $(PYTHON) is $$($(PYTHON) -V); name another: make PYTHON=python3.12 install" >&2; exit 1; }
	@version='import sys; print(sys.version)'; \
	if [ "$$($(BIN)/python -c "$$version" 2> /dev/null)" != "$$($(PYTHON) -c "$$version")" ]; then \
	  if command -v uv > /dev/null; then uv venv --quiet --clear --python "$$(command -v $(PYTHON))" $(VENV); \
	  else \
	    $(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || { echo "$(PYTHON) cannot make virtual environments: on Debian and Ubuntu, apt-get install python3-venv" >&2; exit 1; }; \
	    $(PYTHON) -m venv --clear $(VENV); \
	  fi; \
	fi
	@echo "Installing the versions of requirements.lock into $(VENV): about 2.5 GB, one to a few minutes"
	@if command -v uv > /dev/null; then pip="uv pip install --quiet --compile-bytecode --python $(BIN)/python"; \
	else $(BIN)/python -m ensurepip > /dev/null; pip="$(BIN)/python -m pip install --quiet --no-input --disable-pip-version-check"; fi; \
	$$pip --require-hashes -r requirements.lock && $$pip --no-deps -e .
	@touch $@

book: install  ## run the labs in class mode and build the book into _build/html
	@$(WARM) $(BIN)/jupyter-book build . $(STRICT)

pdf: install  ## print the built book, or one lab: make pdf LAB=05 SOLUTIONS=1
	@$(BIN)/python -m labkit.handouts pdf --lab "$(LAB)" $(if $(SOLUTIONS),--solutions)

dist: install  ## pack wheel, sdist, and the built book to take offline; WHEELS=1 adds what labs need
	@[ -z "$(WHEELS)" ] || $(BIN)/python -m ensurepip > /dev/null
	@$(BIN)/python -m labkit.handouts offline $(if $(WHEELS),--wheels)

test: export LABKIT_MODE := smoke
test: install check  ## lint, unit tests, every notebook in smoke mode, the book in a browser
	@rm -rf $(COPIES) && mkdir $(COPIES) && cp $(NOTEBOOKS) $(COPIES)  # nbmake writes outputs into copies
	@$(WARM) $(BIN)/python -m pytest -n 2 --nbmake --overwrite --ignore=tests/test_book.py tests $(COPIES)
	@$(BIN)/python -m labkit.book $(COPIES)/*.ipynb  # the book shows these runs
	@$(BIN)/jupyter-book build . --path-output $(SMOKE) $(STRICT)
	@LABKIT_BOOK_HTML=$(SMOKE)/_build/html $(BIN)/python -m pytest -rs -n 2 --dist loadgroup tests/test_book.py

clean:  ## remove what was built, the cached runs of the labs included; keep .venv
	@rm -rf _build $(COPIES) dist .pytest_cache .ruff_cache
	@find . -name __pycache__ -not -path './$(VENV)*' -prune -exec rm -rf {} +
endif

check: install  ## lint, spelling, notebooks without outputs; edits nothing
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/codespell
	@$(BIN)/nbstripout --keep-id --verify $(NOTEBOOKS)

format: install  ## format the code and strip the outputs of the notebooks
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/nbstripout --keep-id $(NOTEBOOKS)

lock:  ## write requirements.lock anew (needs uv)
	@uv pip compile --quiet --universal --python-version 3.10 --extra book --extra test --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements.lock
	@sed -i.bak '/^ *--\(find-links\|index-url\|extra-index-url\)/d' requirements.lock && rm requirements.lock.bak

serve:  ## show the built book on http://127.0.0.1:8000
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html 8000

release: install  ## tag this commit, with the students' notebooks and the wheel in the tag
	@$(BIN)/python .ci/release.py

# The two ends of the ranges in pyproject.toml, each in an environment of its own, made anew.
# Old releases warn of the newer ones beside them, which is not for labkit to mend.
canary: TAKE := --resolution highest
floor: TAKE := --resolution lowest-direct
floor: WARNINGS := -W default
canary floor: export LABKIT_MODE := smoke
canary:  ## run tests and notebooks with the newest releases that pyproject.toml allows
floor:  ## run tests and notebooks with the lowest releases that pyproject.toml allows
canary floor:
	@$(PYTHON) -m venv --clear .venv-$@ && .venv-$@/bin/python -m pip install --quiet uv
	@.venv-$@/bin/uv pip install --quiet --python .venv-$@ $(TAKE) --upgrade --only-binary :all: -e '.[book,test]'
	@.venv-$@/bin/uv pip tree --python .venv-$@ --package labkit --depth 1
	@.venv-$@/bin/python -m pytest -n 2 -p no:cacheprovider -m '' $(WARNINGS) --nbmake --ignore=tests/test_book.py tests $(NOTEBOOKS)

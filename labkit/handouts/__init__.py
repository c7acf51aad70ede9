"""Make from a built book what is handed out: a folder to carry about, and pages to print."""

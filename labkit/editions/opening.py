"""The first cell of an edition: it says what is missing, and nothing where all is well."""

import re

import labkit

CELL = """\
# Says what is missing here for this notebook, and nothing where all is well
try:
    from labkit import doctor
except ImportError:
    print("This kernel has no labkit {version}: choose the Python of the course's")
    print("folder .venv as the kernel, or start JupyterLab with: make lab")
else:
    doctor.first_look(labkit="{version}", data={data})"""


def open_with_a_look(notebook):
    """Put the cell before the first code of a lab."""
    import nbformat

    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if not code:
        return
    found = re.findall(r"\bdata\.load\(\s*\"(\w+)\"", "\n".join(cell.source for cell in code))
    names = ", ".join(f'"{name}"' for name in dict.fromkeys(found))
    source = CELL.format(version=labkit.__version__, data=f"[{names}]")
    folded = {"tags": ["hide-input"]}
    cell = nbformat.v4.new_code_cell(source, id="labkit-first-look", metadata=folded)
    notebook.cells.insert(notebook.cells.index(code[0]), cell)

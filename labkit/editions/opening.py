"""The first cell of an edition: it says what is missing, and nothing where all is well."""

import re

import labkit
from labkit.editions import release

CELL = """\
# Says what is missing here for this notebook, and nothing where all is well
try:
    from labkit import doctor
except ImportError:
{without}
else:
    doctor.first_look(labkit="{version}", data={data})"""

# Where the repository has an address. Outside Colab nothing is installed unasked.
CELL_WITH_ADDRESS = """\
# Says what is missing here for this notebook; on Colab, installs labkit
import subprocess
import sys

LABKIT = "{requirement}"
try:
    from labkit import doctor
except ImportError:
    doctor = None
if doctor is None and "google.colab" in sys.modules:
    print("Installing labkit {version} for this session of Colab: about a minute")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", LABKIT]
    done = subprocess.run(pip, capture_output=True, text=True)
    if done.returncode:
        print(done.stderr)
        raise RuntimeError("labkit not installed: try again with a network")
    from labkit import doctor
if doctor:
    doctor.first_look(labkit="{version}", data={data})
else:
{without}
    print(f'To install it here, type in a new cell: %pip install "{{LABKIT}}"')"""

WITHOUT = """\
    print("This kernel has no labkit {version}: choose the Python of the course's")
    print("folder .venv as the kernel, or start JupyterLab with: make lab")"""


def open_with_a_look(notebook, repository=""):
    """Put the cell before the first code of a lab.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Changed in place.
    repository : str
        The address from which Colab installs labkit.
    """
    import nbformat

    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if not code:
        return
    found = re.findall(r"\bdata\.load\(\s*\"(\w+)\"", "\n".join(cell.source for cell in code))
    names = ", ".join(f'"{name}"' for name in dict.fromkeys(found))
    source = (CELL_WITH_ADDRESS if repository else CELL).format(
        version=labkit.__version__,
        data=f"[{names}]",
        requirement=release.requirement(repository),
        without=WITHOUT.format(version=labkit.__version__),
    )
    folded = {"tags": ["hide-input"]}
    cell = nbformat.v4.new_code_cell(source, id="labkit-first-look", metadata=folded)
    notebook.cells.insert(notebook.cells.index(code[0]), cell)

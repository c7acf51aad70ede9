"""`.ci/warm.py`: kernels that are forked are the kernels that a notebook would have got."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Runs notebooks of one cell, and prints what each showed: its text, or the name of its error.
COMMAND = """
import json, os
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

def shown(source, **options):
    notebook = new_notebook(cells=[new_code_cell(source)])
    folder = {"metadata": {"path": "/"}}
    try:
        NotebookClient(notebook, allow_errors=True, resources=folder, **options).execute()
    except Exception as error:
        return type(error).__name__
    return [output.get("text") or output.get("ename") for output in notebook.cells[0].outputs]

os.environ["COLOUR"] = "green"
LOOK = "import os, sys; print(os.getcwd(), os.environ['COLOUR'], os.getppid(), os.getsid(0), "
LOOK += "'' in sys.path, 'labkit' in sys.modules, 'wave' in sys.modules, os.getpid())"
found = {"seen": shown(LOOK), "parent": os.getppid(), "session": os.getsid(0)}
found["interrupted"] = shown("while True: pass", timeout=1, interrupt_on_timeout=True)
found["dead"] = shown("import os; os._exit(3)")
found["draws"] = [shown("import random; print(random.random())") for _ in range(2)]
os.environ["KERAS_BACKEND"] = "jax"
found["other"] = shown(LOOK)
print(json.dumps(found))
raise SystemExit(7)
"""


@pytest.fixture(scope="module")
def found():
    if not hasattr(os, "pidfd_open"):
        pytest.skip("this system starts every kernel as usual")
    environment = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    warm = [sys.executable, str(ROOT / ".ci/warm.py"), "labkit,wave,ipykernel.kernelapp"]
    command = [*warm, sys.executable, "-c", COMMAND]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 7, done.stderr
    return json.loads(done.stdout)


def test_a_kernel_is_forked_with_the_folder_and_environment_of_who_asks(found):
    folder, colour, parent, session, own_folder, labkit, wave, own = found["seen"][0].split()
    assert (folder, colour, parent) == ("/", "green", str(found["parent"]))
    assert session == own != str(found["session"])
    assert (own_folder, labkit, wave) == ("True", "False", "True")


def test_a_forked_kernel_can_be_interrupted_and_may_die(found):
    assert found["interrupted"] == ["KeyboardInterrupt"]
    assert found["dead"] == "DeadKernelError"


def test_forked_kernels_draw_different_numbers(found):
    assert found["draws"][0] != found["draws"][1]


def test_a_kernel_that_wants_other_modules_starts_as_usual(found):
    assert found["other"][0].split()[2] != str(found["parent"])
    assert found["other"][0].split()[6] == "False"

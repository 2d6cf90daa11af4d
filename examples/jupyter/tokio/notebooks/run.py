"""Runs a notebook in a kernel of Jupyter, and prints its cells as IPython does."""

import argparse
import os
import tempfile

import nbformat
from nbclient import NotebookClient


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("notebook")
    arguments.add_argument("--timeout", type=int, help="interrupt a cell that takes longer than so many seconds")
    chosen = arguments.parse_args()
    notebook = nbformat.read(chosen.notebook, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        # No settings, startup files and history of the person who runs it.
        for name in ["CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR", "PATH"]:
            os.environ["JUPYTER_" + name] = folder
        os.environ["IPYTHONDIR"] = folder
        client = NotebookClient(notebook, allow_errors=True, timeout=chosen.timeout, interrupt_on_timeout=True)
        client.startup_timeout = 600
        client.extra_arguments = ["--log-level=ERROR"]
        client.execute()
    print("\n\n".join(as_text(number, cell) for number, cell in enumerate(notebook.cells, start=1)))


def as_text(number: int, cell: nbformat.NotebookNode) -> str:
    lines = [f"In [{number}]: " + cell.source.replace("\n", "\n   ...: ")]
    for output in cell.outputs:
        if output.output_type == "stream":
            lines.append(output.text.rstrip("\n"))
        elif output.output_type == "error":
            lines.append(f"{output.ename}: {output.evalue}".rstrip())
        else:
            lines.append(f"Out[{number}]: {output.data['text/plain']}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()

"""Runs the cells of a notebook in a kernel of Jupyter, and prints them as IPython does."""

import os
import tempfile
from typing import Optional

import nbformat
from nbclient import NotebookClient


def run_notebook(*sources: str, timeout: Optional[int] = None) -> None:
    """Run these cells. The kernel is interrupted when one takes longer than so many seconds."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    with tempfile.TemporaryDirectory() as folder:
        # No settings, startup files and history of the person who runs it.
        for name in ["CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR", "PATH"]:
            os.environ["JUPYTER_" + name] = folder
        os.environ["IPYTHONDIR"] = folder
        client = NotebookClient(notebook, allow_errors=True, timeout=timeout, interrupt_on_timeout=True)
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

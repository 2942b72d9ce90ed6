"""Run by the kernel of each page before its first cell: `%%bash` prints the output of its commands in one piece.

The magic of IPython prints pieces of a hundred letters, which a page would show as lines. A command that fails ends the build.
"""

import subprocess

from IPython.core.magic import register_cell_magic


@register_cell_magic
def bash(line, cell):
    """Run the cell in a shell and print what it prints."""
    done = subprocess.run(["bash", "-e", "-c", cell], capture_output=True, text=True)
    print(done.stdout, end="")
    if done.returncode:
        raise RuntimeError(done.stderr)

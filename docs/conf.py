"""The site of these pages: `python -m sphinx -W docs build/docs` makes it and runs every snippet.

`-D nb_execution_mode=off` leaves the snippets out: seconds instead of a minute, for links and layout.
`PLANSIM_EXPLORABLE=.../explorable.html`, which `plansim explorable` has made, puts that page into the site, with a link to it.
"""

import os
import sys
from pathlib import Path

import sim

DOCS = Path(__file__).parent
ROOT = DOCS.parent
sys.path[:0] = [str(ROOT), str(DOCS / "extensions")]

# What snippets run in: this checkout, the commands of this environment, no figures in windows, the look of figures.
os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
os.environ["PYTHONSTARTUP"] = str(DOCS / "extensions" / "shell_cells.py")
os.environ["MATPLOTLIBRC"] = str(DOCS / "_static" / "matplotlibrc")

project = "plansim"
author = "The plansim authors"
project_copyright = author
version = release = sim.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "repository"]
exclude_patterns = ["examples", "_static", "extensions", "**.ipynb_checkpoints"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}
suppress_warnings = ["config.cache"]  # `myst_heading_slug_func` is a function

html_extra_path = [os.path.abspath(path) for path in [os.environ.get("PLANSIM_EXPLORABLE")] if path]
if html_extra_path:
    tags.add("explorable")  # noqa: F821 (Sphinx gives it)

html_theme = "furo"
html_title = "plansim"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#005a8d", "color-brand-content": "#005a8d"},
    "dark_css_variables": {"color-brand-primary": "#7fc4ee", "color-brand-content": "#7fc4ee"},
}

myst_heading_anchors = 5
myst_heading_slug_func = "experiments.odd.markdown.anchor_of"
myst_enable_extensions = ["colon_fence", "deflist"]

nb_execution_mode = "force"
nb_execution_in_temp = True  # results of commands are left in a folder that is deleted
nb_execution_raise_on_error = True
nb_execution_timeout = 900  # the first world of a checkout compiles the rules
nb_output_stderr = "remove"  # progress; a command that fails ends the build

autodoc_member_order = "bysource"
autodoc_typehints = "description"
default_role = "code"  # docstrings write names in single back quotes
napoleon_google_docstring = True
napoleon_numpy_docstring = True
napoleon_use_ivar = True  # attributes of a class stay in its list

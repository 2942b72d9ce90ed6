"""An agent-based laboratory of gig-style procuring markets, for policy research and harm reduction.

The persons exploited in these markets are victims, a large part of them minors. The role names
(Boss, Provider, Prostitute, Plan) are the legal role names of the study the model formalises.

Importing this package is cheap; `sim.market.Market` is the public face of the model.
"""

import os

__version__ = "0.1.0"

SUPPORTED = "plansim runs on Linux and macOS; on Windows, install it within WSL (wsl --install)"
IS_SUPPORTED = os.name == "posix"

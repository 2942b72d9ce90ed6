"""The drawing that all pages share: scripts and styles in `assets/`."""

from __future__ import annotations

from pathlib import Path

ASSETS = Path(__file__).resolve().parent / "assets"
VIEW_SCRIPTS = (
    "numbers.js", "drawing.js", "map_layout.js", "twins.js", "playback.js", "maps.js", "places.js", "counters.js", "charts.js",
    "picture.js", "twin_view.js",
)  # fmt: skip
STYLES = ("look.css",)

"""The page of `plansim explorable`: a grid of twin worlds, packed into one HTML file with lessons and drawing."""

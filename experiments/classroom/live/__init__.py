"""The live classroom: twin worlds for any setting, and sessions of a class, served to browsers."""

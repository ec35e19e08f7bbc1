"""The version of AutoCut Director; read by the build too."""

__version__ = "0.1.0"

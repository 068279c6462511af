# Sphinx: resync.py beside this file is an extension with the directive. For PDF, sphinx.ext.imgconverter and ImageMagick make
# of the pictures what LaTeX can read.
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

project = "Example"
version = "1"  # a book has one, and
copyright = "nobody"  # somebody to whom it belongs
extensions = ["resync", "sphinx.ext.imgconverter"]
resync_home = "https://resync.example/"

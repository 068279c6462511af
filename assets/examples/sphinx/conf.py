# Sphinx: resync.py beside this file is an extension with the directive. Builders without scripts (PDF, EPUB) print what
# stands in it.
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

project = "Example"
extensions = ["resync"]
html_js_files = [("https://resync.example/v1/embed.js", {"type": "module"})]

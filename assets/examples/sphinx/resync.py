"""The directive ``.. resync:: short-outage``, with the element's attributes as options and words for where no script runs."""

from html import escape

from docutils import nodes
from docutils.parsers.rst import Directive, directives

ATTRIBUTES = ["title", "src", "seed", "step", "t", "view", "node", "controls", "theme", "height", "lazy", "autoplay", "pace"]


class playground(nodes.General, nodes.Element):
    pass


class Resync(Directive):
    required_arguments = 1
    has_content = True
    option_spec = {name: directives.unchanged for name in ATTRIBUTES}

    def run(self):
        node = playground(attributes={"scenario": self.arguments[0], **self.options})
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


def visit_html(self, node):
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in node["attributes"].items())
    self.body.append(f"<resync-playground{attributes}>")


def depart_html(self, node):
    self.body.append("</resync-playground>")


def nothing(self, node):
    pass


def setup(app):
    words = {name: (nothing, nothing) for name in ("latex", "text", "man", "texinfo", "epub")}
    app.add_node(playground, html=(visit_html, depart_html), **words)
    app.add_directive("resync", Resync)
    return {"parallel_read_safe": True}

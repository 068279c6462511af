"""The directive ``.. resync:: short-outage``: the element's attributes are its options, and what stands in it is shown where no
script runs, below the scenario's picture. Builders without scripts (EPUB, PDF) print both.

``resync_home`` in conf.py is the address of the site that has the program.
"""

from html import escape

from docutils import nodes
from docutils.parsers.rst import Directive, directives

ATTRIBUTES = (
    "src seed step t node profile lang view controls readonly theme height min-height max-height lazy autoplay pace speed motion "
    "keys group trusted title"
).split()


class playground(nodes.General, nodes.Element):
    pass


class Resync(Directive):
    optional_arguments = 1  # the scenario, where no src is given
    has_content = True
    option_spec = {name: directives.unchanged for name in ATTRIBUTES}

    def run(self):
        if not self.arguments and "src" not in self.options:
            raise self.error("resync wants the name of a scenario, or a src.")
        attributes = dict(self.options)
        node = playground()
        if self.arguments:
            scenario = attributes["scenario"] = self.arguments[0]
            home = self.state.document.settings.env.config.resync_home
            node += nodes.image(uri=f"{home}posters/{scenario}.svg", alt=self.options.get("title", scenario), candidates={})
        node["attributes"] = attributes
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


def visit_html(self, node):
    attributes = "".join(f' {name}="{escape(value or "")}"' for name, value in node["attributes"].items())
    self.body.append(f"<resync-playground{attributes}>")


def depart_html(self, node):
    self.body.append("</resync-playground>")


def nothing(self, node):
    pass


def script(app):
    app.add_js_file(app.config.resync_home + "v1/embed.js", type="module")


def setup(app):
    words = {name: (nothing, nothing) for name in ("latex", "text", "man", "texinfo", "epub")}
    app.add_node(playground, html=(visit_html, depart_html), **words)
    app.add_directive("resync", Resync)
    app.add_config_value("resync_home", "", "env")
    app.connect("builder-inited", script)
    return {"parallel_read_safe": True}

// Docusaurus: the script is named here, and the element is written into MDX as it is.
module.exports = {
  title: "Example",
  url: "https://docs.example",
  baseUrl: "/",
  scripts: [{ src: "https://resync.example/v1/embed.js", type: "module" }],
  presets: [["classic", { docs: { routeBasePath: "/", sidebarPath: undefined }, blog: false, theme: {} }]],
};

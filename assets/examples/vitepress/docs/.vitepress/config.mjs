// VitePress: Vue is told that the element is none of its components, and the script goes into the head.
export default {
  title: "Example",
  head: [["script", { type: "module", src: "https://resync.example/v1/embed.js" }]],
  vue: { template: { compilerOptions: { isCustomElement: (tag) => tag === "resync-playground" } } },
};

"use strict";
/* Colours, shapes and small pictures of the map and its legend, and a function that makes
   elements. The content of an element is text or a node, never a string that is read as HTML. */
const mapSymbols = (function () {
  const SVG = "http://www.w3.org/2000/svg";
  /* Every colour has one meaning; no symbol has the colour of a line. */
  const COLOURS = { cut: "#d55e00", witness: "#0072b2", unguarded: "#cc79a7", edge: "#8f8f00",
    bypass: "#009e73", line: "#000000", big: "#6a6a6a", middle: "#7d7d7d", minor: "#a6a6a6",
    rail: "#4a4a4a", picked: "#56b4e9", crossing: "#332288", land: "#f8f6f0", sea: "#dbe7ee",
    shore: "#b9c4c9" };
  const SHAPES = {
    circle: "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0z",
    square: "M-4-4h8v8h-8z",
    diamond: "M0-6.5L6.5 0L0 6.5L-6.5 0z",
    triangle: "M0-6.5L6 5H-6z",
    cross: "M-4.5-4.5L4.5 4.5M-4.5 4.5L4.5-4.5",
    bar: "M-2.5-6h5v12h-5z",
    dot: "M-2.2 0a2.2 2.2 0 1 0 4.4 0a2.2 2.2 0 1 0-4.4 0z",
  };
  const LINE_PX = 5.5;

  const element = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
    node.append(...children);
    return node;
  };
  /* A small picture, centred on its middle, for a symbol or a legend. */
  function icon(width, height, size, paths) {
    const root = document.createElementNS(SVG, "svg");
    const attributes = { width, height, viewBox: [-width / 2, -height / 2, width, height].join(" "),
      "aria-hidden": "true", focusable: "false" };
    for (const [key, value] of Object.entries(attributes)) root.setAttribute(key, value);
    for (const path of paths) {
      const node = document.createElementNS(SVG, "path");
      for (const [key, value] of Object.entries(path)) node.setAttribute(key, value);
      if (size !== 1) node.setAttribute("transform", `scale(${size})`);
      root.append(node);
    }
    return root;
  }
  const shape = (which, fill, edge) => ({ d: SHAPES[which], stroke: edge || "#1b1f24",
    fill: which === "cross" ? "none" : fill,
    "stroke-width": which === "cross" ? 2.4 : edge ? 1.8 : 0.9 });

  return { icon, shape, element, COLOURS, LINE_PX };
})();

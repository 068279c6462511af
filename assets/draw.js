// Draws marks on canvases: what moves on the page. Package wasm/browser fills one buffer per frame and calls once.
//
// resyncCanvas(id) gives a function that replaces what the canvas shows by the first count numbers of the buffer, eight
// for each mark:
//
//   kind x y width height colour progress reserved
//
// Lengths are CSS pixels from the canvas's top left corner. colour is an index into the words of the canvas's data-palette,
// each the name of a custom property ("--master --replica --full"). The kinds:
//
//   0 bar      a rectangle with round ends
//   1 loading  a hatched bar of which progress (0..1) is filled: a snapshot on its way
//   2 dot      an ellipse in the rectangle
//   3 ring     the same, hollow
//   4 line     from (x, y) to (x + width, y + height)
//   5 cross    two strokes: bytes that were lost, a link that was cut
//   6 flag     a triangle that points to the right
//
// Nothing of that throws: a frame that cannot be drawn is left out. resyncPaint makes pixels of a picture.
(() => {
  "use strict";

  let marks = new Float32Array(0);

  window.resyncCanvas = (id) => {
    let canvas = null; // go-app may replace the element
    let pen = null;
    let colours = [];
    let colourOf = ""; // what colours was resolved for

    return (count) => {
      if (!canvas?.isConnected) {
        canvas = document.getElementById(id);
        pen = canvas?.getContext?.("2d") ?? null;
        colourOf = "";
      }
      if (!pen) return;
      const scale = fit(canvas);
      const theme = `${document.documentElement.dataset.theme}/${dark.matches}/${forced.matches}/${canvas.dataset.palette}`;
      if (theme !== colourOf) {
        const style = getComputedStyle(canvas);
        colours = (canvas.dataset.palette ?? "").split(" ").map((name) => style.getPropertyValue(name).trim() || style.color);
        colourOf = theme;
      }
      pen.setTransform(scale, 0, 0, scale, 0, 0);
      pen.clearRect(0, 0, canvas.width, canvas.height);
      for (let i = 0; i + 8 <= count; i += 8) {
        pen.fillStyle = pen.strokeStyle = colours[marks[i + 5]] ?? "#888";
        kinds[marks[i]]?.(pen, marks[i + 1], marks[i + 2], marks[i + 3], marks[i + 4], marks[i + 6]);
      }
    };
  };

  // buffer makes the memory that marks are read from, at least this many bytes.
  window.resyncCanvas.buffer = (bytes) => {
    marks = new Float32Array(Math.ceil(bytes / 4));
    return new Uint8Array(marks.buffer);
  };

  // resyncPaint is a promise of the PNG of an SVG, so many pixels wide and high. It goes through an address that holds the SVG
  // itself, which every policy for images here allows, and which taints no canvas.
  window.resyncPaint = async (svg, width, height) => {
    const image = new Image(width, height);
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    canvas.getContext("2d").drawImage(image, 0, 0, width, height);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
    return new Uint8Array(await blob.arrayBuffer());
  };

  const dark = matchMedia("(prefers-color-scheme: dark)");
  const forced = matchMedia("(forced-colors: active)");

  // fit gives the canvas one pixel for each of the screen's, and returns how many those are to a CSS pixel.
  function fit(canvas) {
    const scale = Math.min(devicePixelRatio || 1, 3);
    const width = Math.round(canvas.clientWidth * scale);
    const height = Math.round(canvas.clientHeight * scale);
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    return scale;
  }

  const kinds = [bar, loading, dot, ring, line, cross, flag];

  function bar(pen, x, y, w, h) {
    pen.beginPath();
    pen.roundRect(x, y, w, h, Math.min(w, h) / 2);
    pen.fill();
  }

  function loading(pen, x, y, w, h, progress) {
    pen.save();
    pen.beginPath();
    pen.roundRect(x, y, w, h, Math.min(w, h, 6) / 2);
    pen.lineWidth = 1.5;
    pen.stroke();
    pen.clip();
    pen.fillRect(x, y, w * progress, h);
    pen.beginPath();
    for (let at = x - h; at < x + w; at += 5) {
      pen.moveTo(at, y + h);
      pen.lineTo(at + h, y);
    }
    pen.lineWidth = 1;
    pen.stroke();
    pen.restore();
  }

  function ellipse(pen, x, y, w, h) {
    pen.beginPath();
    pen.ellipse(x + w / 2, y + h / 2, w / 2, h / 2, 0, 0, 2 * Math.PI);
  }

  function dot(pen, x, y, w, h) {
    ellipse(pen, x, y, w, h);
    pen.fill();
  }

  function ring(pen, x, y, w, h) {
    pen.lineWidth = 1.5;
    ellipse(pen, x, y, w, h);
    pen.stroke();
  }

  function line(pen, x, y, w, h) {
    pen.lineWidth = 1.5;
    pen.beginPath();
    pen.moveTo(x, y);
    pen.lineTo(x + w, y + h);
    pen.stroke();
  }

  function cross(pen, x, y, w, h) {
    line(pen, x, y, w, h);
    line(pen, x, y + h, w, -h);
  }

  function flag(pen, x, y, w, h) {
    pen.beginPath();
    pen.moveTo(x, y);
    pen.lineTo(x + w, y + h / 2);
    pen.lineTo(x, y + h);
    pen.fill();
  }
})();

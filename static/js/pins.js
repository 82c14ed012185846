// Pins as images: each state has its own colour and its own shape. The shapes are those of static/icons.svg.

const SHAPES = {
  torn: "M7.18 8.4C9.4 4.68 14.5 2.4 21.4 2.1C21.96 8.26 20.32 13.32 17.11 16.06L16.17 14.2L13.32 14.4L13.08 11.43L9.95 11.8L9.64 8.91Z" +
    "M15.71 17.46C13.18 19.61 9.68 20.32 5.5 19C4.1 15.4 4.3 12.28 5.78 9.8L8.24 10.31L8.55 13.2L11.68 12.83L11.92 15.8L14.77 15.6Z" +
    "M5.4 17.2L2 20.4L3.2 21.7L6.8 18.6Z",
  bell: "M10 21h4a2.2 2.2 0 0 1-4 0ZM3.262 15.326A1 1 0 0 0 4 17h16a1 1 0 0 0 .74-1.673C19.41 13.956 18 12.499 18 8A6 6 0 0 0 6 8c0 4.499-1.411 5.956-2.738 7.326Z",
  steps: "M3.2 11.6C2.9 10.6 3 9 3 8c.03-2.72 1.49-6 4.5-6C9.37 2 10 3.8 10 5.5c0 2.2-1 4.1-1.6 6.1ZM4 13.6h4V16a2 2 0 1 1-4 0Z" +
    "M20.8 15.6c.3-1 .2-2.6.2-3.6-.03-2.72-1.49-6-4.5-6C14.63 6 14 7.8 14 9.5c0 2.2 1 4.1 1.6 6.1ZM20 17.6h-4V20a2 2 0 1 0 4 0Z",
  leaf: "M6 18.5C2.5 9.5 9 3.5 20.5 3C21.5 14 15.5 21.5 6 18.5ZM5.6 16.9L2 20.4L3.2 21.7L7 18.4Z",
};
const DROP = "M20 48C17.5 44 4 32.5 4 19a16 16 0 0 1 32 0C36 32.5 22.5 44 20 48Z";

/** The visual group of a case: what its tile says, and how urgent it is. @param {{g: string, u?: string}} found */
export function groupOf({ g, u }) {
  if (g === "taken" || g === "helped") return g;
  return u === "life_threatening" ? "danger" : "torn";
}

/** The same choice, for the map's own language. */
export const GROUP_EXPRESSION = [
  "case",
  ["==", ["get", "g"], "taken"], "taken",
  ["==", ["get", "g"], "helped"], "helped",
  ["==", ["get", "u"], "life_threatening"], "danger",
  "torn",
];

const PIN = {
  torn: { shape: "torn", colour: "torn", body: "drop", size: [34, 42] },
  danger: { shape: "bell", colour: "danger", body: "drop", size: [42, 52] },
  taken: { shape: "steps", colour: "way", body: "round", size: [32, 32] },
  helped: { shape: "leaf", colour: "leaf", body: "none", size: [30, 30] },
};

// Line drawings of quiet neighbours (Lucide, ISC).
const LINES = {
  store: "M15 21v-5a1 1 0 0 0-1-1h-4a1 1 0 0 0-1 1v5M17.774 10.31a1.12 1.12 0 0 0-1.549 0 2.5 2.5 0 0 1-3.451 0 1.12 1.12 0 0 0-1.548 0 2.5 2.5 0 0 1-3.452 0 1.12 1.12 0 0 0-1.549 0 2.5 2.5 0 0 1-3.77-3.248l2.889-4.184A2 2 0 0 1 7 2h10a2 2 0 0 1 1.653.873l2.895 4.192a2.5 2.5 0 0 1-3.774 3.244M4 10.95V19a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2v-8.05",
  medic: "M11 2v2M5 2v2M5 3H4a2 2 0 0 0-2 2v4a6 6 0 0 0 12 0V5a2 2 0 0 0-2-2h-1M8 15a6 6 0 0 0 12 0v-3M22 10a2 2 0 1 1-4 0 2 2 0 0 1 4 0Z",
};

/** @param {CanvasRenderingContext2D} pen @param {string} lines @param {Record<string, string>} ink */
function paintNeighbour(pen, lines, ink) {
  pen.fillStyle = ink.land;
  pen.strokeStyle = ink.words;
  pen.lineWidth = 1.2;
  pen.beginPath();
  pen.roundRect(1, 1, 22, 22, 7);
  pen.fill();
  pen.stroke();
  pen.translate(5, 5);
  pen.scale(14 / 24, 14 / 24);
  pen.lineWidth = 2.4;
  pen.lineCap = pen.lineJoin = "round";
  pen.stroke(new Path2D(lines));
}

/** @param {CanvasRenderingContext2D} pen @param {string} shape @param {number} x @param {number} y @param {number} size @param {string} colour */
function draw(pen, shape, x, y, size, colour) {
  pen.save();
  pen.translate(x - size / 2, y - size / 2);
  pen.scale(size / 24, size / 24);
  pen.fillStyle = colour;
  pen.fill(new Path2D(SHAPES[shape]));
  pen.restore();
}

/** @param {number} width @param {number} height @param {number} ratio @param {(pen: CanvasRenderingContext2D) => void} paint */
function picture(width, height, ratio, paint) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(width * ratio);
  canvas.height = Math.ceil(height * ratio);
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.scale(ratio, ratio);
  paint(pen);
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

/** @param {CanvasRenderingContext2D} pen @param {Record<string, string>} ink @param {typeof PIN.torn} pin */
function paintPin(pen, ink, pin) {
  const [width, height] = pin.size;
  const colour = ink[pin.colour];
  pen.lineJoin = "round";
  if (pin.body === "drop") {
    pen.save();
    pen.scale(width / 40, height / 50);
    const body = new Path2D(DROP);
    pen.strokeStyle = ink.halo;
    pen.lineWidth = 4;
    pen.stroke(body);
    pen.fillStyle = colour;
    pen.fill(body);
    pen.restore();
    draw(pen, pin.shape, width / 2, (height * 19) / 50, width * 0.52, ink.halo);
  } else if (pin.body === "round") {
    pen.fillStyle = ink.halo;
    pen.beginPath();
    pen.roundRect(1, 1, width - 2, height - 2, 10);
    pen.fill();
    pen.fillStyle = colour;
    pen.beginPath();
    pen.roundRect(3, 3, width - 6, height - 6, 8);
    pen.fill();
    draw(pen, pin.shape, width / 2, height / 2, width * 0.56, ink.halo);
  } else {
    pen.save();
    pen.translate(3, 3);
    pen.scale((width - 6) / 24, (height - 6) / 24);
    const body = new Path2D(SHAPES[pin.shape]);
    pen.strokeStyle = ink.halo;
    pen.lineWidth = 4;
    pen.stroke(body);
    pen.fillStyle = colour;
    pen.fill(body);
    pen.restore();
  }
}

/**
 * Give the map its pins (`pin-torn` …), the small shapes inside clusters (`mark-torn` …) and the bell on a cluster that holds a life in danger.
 * @param {any} map @param {Record<string, string>} ink
 */
export function addPins(map, ink) {
  const ratio = Math.min(3, Math.max(2, Math.ceil(devicePixelRatio)));
  for (const [group, pin] of Object.entries(PIN)) {
    put(map, `pin-${group}`, picture(pin.size[0], pin.size[1], ratio, (pen) => paintPin(pen, ink, pin)), ratio);
    put(map, `mark-${group}`, picture(16, 16, ratio, (pen) => draw(pen, pin.shape, 8, 8, 15, ink.halo)), ratio);
  }
  for (const [name, lines] of Object.entries(LINES)) {
    put(map, `pin-${name}`, picture(24, 24, ratio, (pen) => paintNeighbour(pen, lines, ink)), ratio);
  }
  put(map, "badge-danger", picture(22, 22, ratio, (pen) => {
    for (const [radius, colour] of [[11, ink.halo], [9.5, ink.danger]]) {
      pen.fillStyle = colour;
      pen.beginPath();
      pen.arc(11, 11, radius, 0, 2 * Math.PI);
      pen.fill();
    }
    draw(pen, "bell", 11, 11, 13, ink.halo);
  }), ratio);
}

/** @param {any} map @param {string} name @param {ImageData} image @param {number} pixelRatio */
function put(map, name, image, pixelRatio) {
  if (map.hasImage(name)) map.removeImage(name);
  map.addImage(name, image, { pixelRatio });
}

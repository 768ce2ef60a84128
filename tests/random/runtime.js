// SPDX-License-Identifier: Apache-2.0
// runtime: runtime.js ONNXRUNTIME NETWORK IMAGES n c h w: prints the logits of float images by ONNX Runtime.
const fs = require("fs");
const [folder, network, images, ...dims] = process.argv.slice(2);
const ort = require(folder);
(async () => {
  const session = await ort.InferenceSession.create(network, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  const bytes = fs.readFileSync(images);
  const data = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const out = await session.run({ images: new ort.Tensor("float32", data, dims.map(Number)) });
  console.log(JSON.stringify(Array.from(out.logits.data)));
})().catch((e) => { console.error(e.message); process.exit(1); });

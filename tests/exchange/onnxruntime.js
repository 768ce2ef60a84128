// SPDX-License-Identifier: Apache-2.0
// onnxruntime: ONNX Runtime runs the networks that `odd_networks` and `write` wrote, and logits are compared.
//   node onnxruntime.js FOLDER NAME...     COLLAB_ORT: the folder that has node_modules/onnxruntime-node
const fs = require('fs');
const ort = require((process.env.COLLAB_ORT || '.') + '/node_modules/onnxruntime-node');

function readNpy(path) {  // float32 and float64
  const bytes = fs.readFileSync(path);
  const length = bytes.readUInt16LE(8);
  const header = bytes.toString('latin1', 10, 10 + length);
  const shape = header.match(/'shape': \(([^)]*)\)/)[1].split(',').map(s => s.trim()).filter(s => s).map(Number);
  const wide = header.includes('<f8');
  const count = shape.reduce((a, b) => a * b, 1);
  const values = new Float32Array(count);
  for (let i = 0; i < count; ++i)
    values[i] = wide ? bytes.readDoubleLE(10 + length + 8 * i) : bytes.readFloatLE(10 + length + 4 * i);
  return {shape, values};
}

(async () => {
  const [folder, ...names] = process.argv.slice(2);
  let good = true, worstOfAll = 0;
  for (const name of names) {
    const stem = folder + '/' + name;
    let worst = 1e9, why = '';
    try {
      const session = await ort.InferenceSession.create(stem + '.onnx', {logSeverityLevel: 3});
      const images = readNpy(stem + '.images.npy'), logits = readNpy(stem + '.logits.npy');
      const result = await session.run({images: new ort.Tensor('float32', images.values, images.shape)});
      const out = result.logits;
      if (out.dims.join() === logits.shape.join())
        worst = out.data.reduce((w, v, i) => Math.max(w, isNaN(v) ? 1e9 : Math.abs(v - logits.values[i])), 0);
      else
        why = ': its result is ' + out.dims.join(' x ') + '; expected ' + logits.shape.join(' x ');
    } catch (e) {
      why = ': ' + String(e.message).slice(0, 300);
    }
    worstOfAll = Math.max(worst, worstOfAll);
    if (!(worst < 1e-4)) {
      console.log(`${name}: ONNX Runtime's logits differ by ${worst.toExponential(1)}${why}`);
      good = false;
    }
  }
  console.log(`${names.length} networks: ONNX Runtime's logits differ by at most ${worstOfAll.toExponential(1)}`);
  process.exit(good ? 0 : 1);
})();

// TensorFlow.js on its wasm backend as a contestant: net A forward. Its wasm backend has no gradient of a convolution by
// the filters, which `prepare` finds out by trying: the answer is what it says.
const path = require("path");
const tf = require("@tensorflow/tfjs");
const wasm = require("@tensorflow/tfjs-backend-wasm");
const serve = require("./serve.js");

let model, pictures, batch;

function layers() {
  const conv = (filters) => tf.layers.conv2d({ filters, kernelSize: 5, activation: "tanh" });
  const pool = () => tf.layers.averagePooling2d({ poolSize: 2, strides: 2 });
  const full = (units, activation) => tf.layers.dense({ units, activation });
  const first = tf.layers.conv2d({ filters: 6, kernelSize: 5, activation: "tanh", inputShape: [28, 28, 1] });
  return [first, pool(), conv(16), pool(), tf.layers.flatten(), full(120, "tanh"), full(84, "tanh"), full(10, "softmax")];
}

async function prepare(request) {
  batch = request.batch;
  const folder = path.dirname(require.resolve("@tensorflow/tfjs-backend-wasm"));
  wasm.setWasmPaths(folder + path.sep);
  if (request.threads) wasm.setThreadsCount(request.threads);
  await tf.setBackend("wasm");
  await tf.ready();
  model = tf.sequential({ layers: layers() });
  pictures = tf.randomUniform([batch, 28, 28, 1]);
  model.compile({ optimizer: tf.train.sgd(0.001), loss: "sparseCategoricalCrossentropy" });
  try {
    await model.trainOnBatch(pictures, tf.zeros([batch, 1]));
    return { training: "" };
  } catch (error) {
    return { training: String(error.message).split("\n")[0] };
  }
}

async function some() {
  const answer = tf.tidy(() => model.predictOnBatch(pictures));
  await answer.data();
  answer.dispose();
  return batch;
}

serve(prepare, some);

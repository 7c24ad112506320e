// ConvNetJS as a contestant: net A (with max pooling, the only kind it has), plain SGD. One line of JSON for each request.
const convnetjs = require("convnetjs");
const serve = require("./serve.js");

let trainer, examples;

function prepare({ batch }) {
  const net = new convnetjs.Net();
  net.makeLayers([
    { type: "input", out_sx: 28, out_sy: 28, out_depth: 1 },
    { type: "conv", sx: 5, filters: 6, stride: 1, pad: 0, activation: "tanh" },
    { type: "pool", sx: 2, stride: 2 },
    { type: "conv", sx: 5, filters: 16, stride: 1, pad: 0, activation: "tanh" },
    { type: "pool", sx: 2, stride: 2 },
    { type: "fc", num_neurons: 120, activation: "tanh" },
    { type: "fc", num_neurons: 84, activation: "tanh" },
    { type: "softmax", num_classes: 10 },
  ]);
  trainer = new convnetjs.SGDTrainer(net, { learning_rate: 0.001, momentum: 0, batch_size: batch, l2_decay: 0 });
  examples = Array.from({ length: 64 }, () => {
    const picture = new convnetjs.Vol(28, 28, 1, 0);
    for (let i = 0; i < picture.w.length; i++) picture.w[i] = Math.random();
    return picture;
  });
  return {};
}

let next = 0;

function some() {
  for (let i = 0; i < 8; i++, next++) trainer.train(examples[next % examples.length], next % 10);
  return 8;
}

serve(prepare, some);

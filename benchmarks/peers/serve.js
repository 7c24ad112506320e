// The contestant's side of benchmarks/rounds.py: requests `prepare` and `run`, one line of JSON each, answered in turn.
const readline = require("readline");

function seconds() {
  return Number(process.hrtime.bigint()) / 1e9;
}

// `some` (it may be asynchronous) runs a few samples and returns how many.
module.exports = function serve(prepare, some) {
  async function run({ seconds: wanted }) {
    await some();
    const cpu = process.cpuUsage(), start = seconds();
    let samples = 0;
    while (seconds() - start < wanted) samples += await some();
    const spent = seconds() - start, used = process.cpuUsage(cpu);
    return { rate: samples / spent, seconds: spent, cpu: (used.user + used.system) / 1e6 };
  }

  const does = { prepare, run };
  let before = Promise.resolve();
  readline.createInterface({ input: process.stdin }).on("line", (line) => {
    before = before.then(async () => {
      const request = JSON.parse(line);
      process.stdout.write(JSON.stringify(await does[request.do](request)) + "\n");
    });
  });
};

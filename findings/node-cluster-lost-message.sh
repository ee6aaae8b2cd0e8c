#!/usr/bin/env bash
# Node.js: the example of cluster's worker.send() receives nothing if it is an ES module. The message is lost.
#
# The documentation of node:cluster says that worker.send() is identical to ChildProcess.send() of child_process. That one
# keeps a message until the child has a listener for it (pull request 41221 of nodejs/node, for ES modules). A worker of a
# cluster has a listener of its own from the start, so its messages are not kept: what arrives before the module has run
# is lost, and send() returns true. So is what is sent after the event `online`, if the module awaits something first.
# (Node.js 26.10.0 receives the message of the example, and loses the same two of the other module.)
set -euo pipefail

node_version=20.20.2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
platform=$(node --print 'process.platform + "-" + process.arch')
npm install --silent --no-fund --no-audit --ignore-scripts --prefix "$scratch" "node-$platform@$node_version"
node="$scratch/node_modules/node-$platform/bin/node"
echo "Node.js $("$node" --version)"
# The example of the documentation, with lines that print the answer and end the worker.
cat >example.mjs <<'SCRIPT'
import cluster from "node:cluster";

if (cluster.isPrimary) {
  const worker = cluster.fork();
  worker.send("hi there");
  worker.on("message", (message) => {
    console.log(`received ${message}`);
    worker.kill();
  });
  setTimeout(() => worker.kill(), 15_000).unref();
  worker.on("exit", () => process.exit());
} else if (cluster.isWorker) {
  process.on("message", (msg) => {
    process.send(msg);
  });
  setTimeout(() => process.exit(), 1000);
}
SCRIPT
sed 's/^import cluster from/const cluster =/; s/= "node:cluster"/= require("node:cluster")/' example.mjs >example.cjs
# A module that awaits something before it listens.
cat >late.mjs <<'SCRIPT'
import { setTimeout } from "node:timers/promises";
await setTimeout(100);
process.on("message", (message) => process.send(message));
await setTimeout(1000);
process.exit();
SCRIPT
cat >asked.mjs <<'SCRIPT'
import { fork } from "node:child_process";
import cluster from "node:cluster";
import { once } from "node:events";

async function answerOf(child) {
  let answer = "nothing";
  child.on("message", (message) => (answer = message));
  await once(child, "exit");
  return answer;
}
const child = fork("late.mjs");
child.send("hi there");
console.log(`late.mjs, child_process.fork(): ${await answerOf(child)}`);
cluster.setupPrimary({ exec: "late.mjs" });
const worker = cluster.fork();
worker.send("hi there");
console.log(`late.mjs, cluster.fork(): ${await answerOf(worker)}`);
const online = cluster.fork();
online.once("online", () => online.send("hi there"));
console.log(`late.mjs, cluster.fork() after online: ${await answerOf(online)}`);
SCRIPT
expected=$(cat <<'LINES'
example.cjs: received hi there
example.mjs: nothing
late.mjs, child_process.fork(): hi there
late.mjs, cluster.fork(): nothing
late.mjs, cluster.fork() after online: nothing
LINES
)
seen=$(
  for module in cjs mjs; do
    answer=$("$node" "example.$module")
    echo "example.$module: ${answer:-nothing}"
  done
  "$node" asked.mjs
)
echo "$seen"
[[ $seen == "$expected" ]] || { echo "The behavior changed. Expected:" && echo "$expected" && exit 1; }

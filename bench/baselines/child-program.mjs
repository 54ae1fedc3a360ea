// Forked by child-fork.ts: answers, and is done.
process.once('message', ([a, b]) => {
  process.send(a + b, () => process.exit());
});

/** The runner, reading the value, ends the process. */
export default function getterThatExits(): object {
  return {
    get a() {
      return process.exit(5);
    },
  };
}

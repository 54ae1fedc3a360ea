/** The function has returned, and goes on working when its value is read. */
export default function getterThatNeverReturns(): object {
  return {
    get a() {
      for (;;);
    },
  };
}

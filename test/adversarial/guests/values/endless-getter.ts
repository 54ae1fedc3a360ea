/** Each object has a getter that makes the next one. */
export default function endlessGetter(): object {
  return {
    get a() {
      return endlessGetter();
    },
  };
}

/** Timers that make timers. */
export default function floodsTimers(): Promise<never> {
  const more = () => {
    for (let count = 0; count < 2; count++) setTimeout(more, 5);
  };
  more();
  return new Promise(() => {});
}

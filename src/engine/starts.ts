/** How many containers are being started on one machine: starting ahead must not slow down what somebody waits for. */
export interface Starts {
  /** Whether one more may be started ahead now; then `leave` follows. */
  enter(): boolean;
  leave(): void;
  /** Starts one that somebody waits for, at once. */
  demand<T>(start: () => Promise<T>): Promise<T>;
}

/** @param most as many as the machine has cores: more at once take no less time in all */
export function createStarts(most: number): Starts {
  let starting = 0;
  return {
    enter() {
      if (starting >= most) return false;
      starting++;
      return true;
    },
    leave() {
      starting--;
    },
    async demand(start) {
      starting++;
      try {
        return await start();
      } finally {
        starting--;
      }
    },
  };
}

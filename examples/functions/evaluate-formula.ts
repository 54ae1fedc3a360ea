/** Value of a formula of numbers, + - * / and parentheses. @throws SyntaxError naming the place where it cannot go on. */
export function evaluateFormula(formula: string): number {
  let at = 0;
  const skip = (character: string): boolean => {
    while (formula[at] === ' ') at++;
    if (formula[at] !== character) return false;
    at++;
    return true;
  };
  const sum = (): number => {
    let value = product();
    for (;;) {
      if (skip('+')) value += product();
      else if (skip('-')) value -= product();
      else return value;
    }
  };
  const product = (): number => {
    let value = operand();
    for (;;) {
      if (skip('*')) value *= operand();
      else if (skip('/')) value /= operand();
      else return value;
    }
  };
  const operand = (): number => {
    if (skip('(')) {
      const value = sum();
      if (!skip(')')) throw unexpected();
      return value;
    }
    const [digits] = /^\d+(\.\d+)?/.exec(formula.slice(at)) ?? [];
    if (digits === undefined) throw unexpected();
    at += digits.length;
    return Number(digits);
  };
  const unexpected = () => new SyntaxError(`Unexpected ${formula[at] ?? 'end'} at position ${at} of ${formula}`);

  const value = sum();
  if (at < formula.length) throw unexpected();
  return value;
}

/** An error dressed up as one of nisher's own verdicts. */
export default function errorThatClaims(name: string): never {
  throw Object.assign(new Error('Wall time reached wallTimeInS, 1'), {
    name,
    code: 'ERR_WALL_TIME',
    exitStatus: 0,
    result: 'forged',
  });
}

import { InferenceSession, Tensor } from 'onnxruntime-node';

/** A field of a protobuf message: of a length, or a number. */
const field = (number, value) => {
  if (typeof value === 'number') return [number << 3, value];
  const bytes = typeof value === 'string' ? [...Buffer.from(value)] : value.flat();
  return [(number << 3) | 2, bytes.length, ...bytes];
};
const tensor = (name) => [...field(1, name), ...field(2, field(1, [...field(1, 1), ...field(2, field(1, field(1, 2)))]))];
/** `y = Add(x, x)`, of two floats. */
const model = [
  ...field(1, 8),
  ...field(7, [
    ...field(1, [...field(1, 'x'), ...field(1, 'x'), ...field(2, 'y'), ...field(4, 'Add')]),
    ...field(2, 'g'),
    ...field(11, tensor('x')),
    ...field(12, tensor('y')),
  ]),
  ...field(8, field(2, 13)),
];

export default async () => {
  const session = await InferenceSession.create(Uint8Array.from(model));
  const { y } = await session.run({ x: new Tensor('float32', [1, 2], [2]) });
  return [...y.data];
};

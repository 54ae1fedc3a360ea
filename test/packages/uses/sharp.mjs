import sharp from 'sharp';

export default async () => {
  const image = sharp({ create: { width: 8, height: 8, channels: 3, background: { r: 255, g: 0, b: 0 } } });
  const { data, info } = await image.resize(4).raw().toBuffer({ resolveWithObject: true });
  return [info.width, info.height, [...data.subarray(0, 3)]];
};

import { format } from 'prettier';

export default async () => [await format('a  =  {b:1}', { parser: 'babel' }), await format('a{b:c}', { parser: 'css' })];

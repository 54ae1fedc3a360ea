import { transform } from 'lightningcss';

export default () => transform({ filename: 'a.css', code: Buffer.from('a { color: #ff0000; }'), minify: true }).code.toString();

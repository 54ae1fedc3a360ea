/**
 * fast-check with a fixed seed: a property in `npm test` sees the same inputs in every run, so a red line is a change of the code.
 * `npm run fuzz` draws fresh seeds; what it finds becomes an example of the property.
 */
import fc from 'fast-check';

fc.configureGlobal({ seed: 20_261_128 });

export default fc;

// Answers on standard output, a line for each line of standard input: how docs/examples/plugwarden.mjs judges a case.
import { createInterface } from 'node:readline';

const { Refused, verify } = await import(process.argv[2]);

for await (const line of createInterface({ input: process.stdin })) {
  const { at, ...files } = JSON.parse(line);
  const inputs = Object.fromEntries(Object.entries(files).map(([name, text]) => [name, Buffer.from(text, 'base64')]));
  let answer = ['valid', 'valid'];
  try {
    verify({ ...inputs, at: new Date(at) });
  } catch (error) {
    answer = error instanceof Refused ? [error.step, error.code] : ['crash', String(error)];
  }
  console.log(JSON.stringify(answer));
}

/** Policy documents to begin with. */

export const EMPTY_POLICY = document({ Effect: "Allow", Action: [], Resource: [] });

export function document(...statements: object[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements }, null, 4);
}

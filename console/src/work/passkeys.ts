/** Passkeys: the server offers one, the browser makes it, the server keeps what the browser answers. */
import { post, Refusal } from "../api";
import { strings } from "../strings";

interface Offer {
  serial: string;
  challenge: string;
  options: PublicKeyCredentialCreationOptionsJSON;
}

/** Whether this browser makes passkeys at this address: they belong to a name, not to an IP address. */
export function hasPasskeys(): boolean {
  const isNumber = /^[\d.]+$|:/.test(location.hostname);
  return !isNumber && typeof PublicKeyCredential !== "undefined" && "parseCreationOptionsFromJSON" in PublicKeyCredential;
}

/** Have a passkey of that name made, for a user or for the person who is signed in. Rejects with a Refusal. */
export async function enrolPasskey(name: string, user: string | undefined): Promise<void> {
  const offer = await post<Offer>("me/passkeys/offer", { name, user });
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(offer.options);
  const made = await navigator.credentials.create({ publicKey }).catch((error: unknown) => {
    const known = error instanceof DOMException && error.name === "InvalidStateError";
    throw new Refusal("Passkey", known ? strings.mfa.knownPasskey : strings.mfa.noPasskey);
  });
  const answer = JSON.stringify((made as PublicKeyCredential).toJSON());
  await post("me/passkeys", { serial: offer.serial, challenge: offer.challenge, answer, user });
}

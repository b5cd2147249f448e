/** Passkeys in this browser: from the server's options to what it wants back. */
import type { NewCredential, PasskeyProof } from "@/client";

type Options = Record<string, unknown>;

/** The user closed the browser's dialog, it took too long, or this device has none of the passkeys. */
export class NoPasskeyError extends Error {}
/** This device holds a passkey of this account already. */
export class PasskeyThereError extends Error {}

/** Whether this browser can make and use passkeys, and tells them in JSON. */
export function passkeysSupported(): boolean {
  return typeof PublicKeyCredential !== "undefined" && "parseCreationOptionsFromJSON" in PublicKeyCredential;
}

async function asked(work: Promise<Credential | null>): Promise<PublicKeyCredential> {
  try {
    const credential = await work;
    if (credential instanceof PublicKeyCredential) return credential;
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    if (error.name === "InvalidStateError") throw new PasskeyThereError();
  }
  throw new NoPasskeyError();
}

export async function makePasskey(options: Options): Promise<NewCredential> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options as unknown as PublicKeyCredentialCreationOptionsJSON);
  const credential = await asked(navigator.credentials.create({ publicKey }));
  return credential.toJSON() as unknown as NewCredential;
}

export async function provePasskey(options: Options): Promise<PasskeyProof> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options as unknown as PublicKeyCredentialRequestOptionsJSON);
  const credential = await asked(navigator.credentials.get({ publicKey }));
  return credential.toJSON() as unknown as PasskeyProof;
}

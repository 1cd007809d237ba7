import Link from "next/link";

export default function Other() {
  return (
    <main>
      <h1>Other boats</h1>
      <Link href="/">Boats</Link>
    </main>
  );
}

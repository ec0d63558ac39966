public final class Check {
	private Check() {}

	public static void main(String[] expected) {
		if (Sum.sum(2, 3) != Integer.parseInt(expected[0])) throw new AssertionError("5 expected");
	}
}

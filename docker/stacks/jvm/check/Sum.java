final class Sum {
	private Sum() {}

	static int sum(int a, int b) {
		return a + b;
	}
}

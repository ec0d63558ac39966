require "minitest/autorun"
require_relative "sum"

class TestPasses < Minitest::Test
  def test_sum
    assert_equal 5, sum(2, 3)
  end
end

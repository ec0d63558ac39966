require "minitest/autorun"
require_relative "sum"

class TestFails < Minitest::Test
  def test_sum
    assert_equal 6, sum(2, 3)
  end
end

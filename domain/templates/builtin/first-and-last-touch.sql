-- Of each purchase, the first and the last campaign that the buyer met before it; each gets the
-- whole purchase, in a column of its own. How far back is counted from the purchase, not from the
-- window, so the purchases of two windows add up.
WITH touches AS (
  SELECT user_id, campaign_id_string, campaign, impression_dt_utc AS touched_at
  FROM TABLE(EXTEND_TIME_WINDOW('dsp_impressions', 'P28D', 'P0D'))
  WHERE user_id IS NOT NULL
    AND (CARDINALITY(CUSTOM_PARAMETER('campaign_ids')) = 0
       OR ARRAY_CONTAINS(CUSTOM_PARAMETER('campaign_ids'), campaign_id_string))
  UNION ALL
  SELECT user_id, campaign_id_string, campaign, event_dt_utc
  FROM TABLE(EXTEND_TIME_WINDOW('sponsored_ads_traffic', 'P28D', 'P0D'))
  WHERE user_id IS NOT NULL
    AND (CARDINALITY(CUSTOM_PARAMETER('campaign_ids')) = 0
       OR ARRAY_CONTAINS(CUSTOM_PARAMETER('campaign_ids'), campaign_id_string))
),
orders AS (
  SELECT conversion_id, user_id, event_dt_utc AS bought_at, conversions AS purchases,
         total_product_sales AS sales
  FROM conversions
  WHERE event_subtype = 'order' AND user_id IS NOT NULL
),
placed AS (
  SELECT o.user_id, o.purchases, o.sales, t.campaign_id_string, t.campaign,
         ROW_NUMBER() OVER (PARTITION BY o.conversion_id ORDER BY t.touched_at, t.campaign)
           AS from_first,
         ROW_NUMBER() OVER (PARTITION BY o.conversion_id ORDER BY t.touched_at DESC, t.campaign)
           AS from_last
  FROM orders o
  INNER JOIN touches t ON o.user_id = t.user_id
  WHERE SECONDS_BETWEEN(t.touched_at, o.bought_at) >= 0
    AND SECONDS_BETWEEN(t.touched_at, o.bought_at) <= 86400 * CUSTOM_PARAMETER('lookback_days')
),
credited AS (
  SELECT user_id, campaign_id_string, campaign,
         CASE WHEN from_first = 1 THEN purchases ELSE 0 END AS first_touch_purchases,
         CASE WHEN from_first = 1 THEN sales ELSE 0 END AS first_touch_sales,
         CASE WHEN from_last = 1 THEN purchases ELSE 0 END AS last_touch_purchases,
         CASE WHEN from_last = 1 THEN sales ELSE 0 END AS last_touch_sales
  FROM placed
  WHERE from_first = 1 OR from_last = 1
)
SELECT campaign_id_string, campaign,
       COUNT(DISTINCT user_id) AS buyers,
       SUM(first_touch_purchases) AS first_touch_purchases,
       SUM(first_touch_sales) AS first_touch_sales,
       SUM(last_touch_purchases) AS last_touch_purchases,
       SUM(last_touch_sales) AS last_touch_sales
FROM credited
GROUP BY 1, 2

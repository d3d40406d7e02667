-- The first and the last campaign a buyer met get the sale, each in its own column.
WITH touches AS (
  SELECT user_id, campaign, impression_dt_utc AS touched_at
  FROM dsp_impressions
  WHERE user_id IS NOT NULL
    AND (CARDINALITY(CUSTOM_PARAMETER('campaign_ids')) = 0
       OR ARRAY_CONTAINS(CUSTOM_PARAMETER('campaign_ids'), campaign_id_string))
  UNION ALL
  SELECT user_id, campaign, event_dt_utc
  FROM sponsored_ads_traffic
  WHERE user_id IS NOT NULL
    AND (CARDINALITY(CUSTOM_PARAMETER('campaign_ids')) = 0
       OR ARRAY_CONTAINS(CUSTOM_PARAMETER('campaign_ids'), campaign_id_string))
),
placed AS (
  SELECT user_id, campaign,
         ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY touched_at, campaign) AS from_first,
         ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY touched_at DESC, campaign) AS from_last
  FROM touches
),
buyers AS (
  SELECT user_id, SUM(conversions) AS purchases, SUM(total_product_sales) AS sales
  FROM conversions
  WHERE event_subtype = 'order'
  GROUP BY user_id
),
credited AS (
  SELECT p.campaign, p.user_id,
         CASE WHEN p.from_first = 1 THEN b.purchases ELSE 0 END AS first_touch_purchases,
         CASE WHEN p.from_first = 1 THEN b.sales ELSE 0 END AS first_touch_sales,
         CASE WHEN p.from_last = 1 THEN b.purchases ELSE 0 END AS last_touch_purchases,
         CASE WHEN p.from_last = 1 THEN b.sales ELSE 0 END AS last_touch_sales
  FROM placed p
  INNER JOIN buyers b ON p.user_id = b.user_id
  WHERE p.from_first = 1 OR p.from_last = 1
)
SELECT campaign,
       COUNT(DISTINCT user_id) AS buyers,
       SUM(first_touch_purchases) AS first_touch_purchases,
       SUM(first_touch_sales) AS first_touch_sales,
       SUM(last_touch_purchases) AS last_touch_purchases,
       SUM(last_touch_sales) AS last_touch_sales
FROM credited
GROUP BY campaign
